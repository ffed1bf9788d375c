/** Registers tfjs's gradients of the operations that `autodiff_tfjs.ts` differentiates. */
import { registerGradient } from "@tensorflow/tfjs-core";
import {
  addGradConfig,
  batchMatMulGradConfig,
  gatherGradConfig,
  negGradConfig,
  reshapeGradConfig,
  sigmoidGradConfig,
} from "tfjs-gradients";

for (
  const gradient of [
    addGradConfig,
    batchMatMulGradConfig,
    gatherGradConfig,
    negGradConfig,
    reshapeGradConfig,
    sigmoidGradConfig,
  ]
) registerGradient(gradient);
