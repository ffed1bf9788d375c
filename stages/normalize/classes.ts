/** Lists the names of the data sets' classes, in the order of their labels. */

export const fashionClasses = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
] as const;

export const digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;
