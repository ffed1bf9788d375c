/** Holds one array whose element type and shape its own header states, as a program leaves it. */
import { type ArtifactType, toleranceOf } from "./artifact_type.ts";
import { decodeAnyNpy, encodeNpy } from "./npy.ts";
import { checkTensor, type Tensor } from "./tensor.ts";

/** An artifact held as one array of any element type and shape. */
export const anyNpy: ArtifactType<"npy", Tensor> = {
  kind: "npy",
  mediaType: "application/x-npy",
  extension: ".npy",
  tolerance: toleranceOf({}),
  encode(tensor) {
    checkTensor("npy", tensor);
    return encodeNpy(tensor);
  },
  decode: decodeAnyNpy,
};
