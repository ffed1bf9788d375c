/** Lists the three pictures of question 3 with the probabilities read from their bars. */
import reported from "../../artifacts/reference/reported-figures.json" with { type: "json" };

export interface ReadPicture {
  label: number;
  predicted: number;
  /** True if the assignment calls it "partially" classified: the second of its three. */
  partial: boolean;
  /** From the largest on. */
  bars: { name: number; probability: number }[];
}

export const readPictures: ReadPicture[] = reported.question3_fashion_mnist.sampled_images.map((
  { true: label, predicted, probabilities },
  place,
) => ({
  label,
  partial: place === 1,
  predicted,
  bars: Object.entries<number | undefined>(probabilities)
    .flatMap(([name, probability]) =>
      probability === undefined ? [] : [{ name: Number(name), probability }]
    )
    .sort((a, b) => b.probability - a.probability),
}));
