/** Registers tfjs's gradients of the operations that `autodiff_tfjs.ts` differentiates. */
import { registerGradient } from "@tensorflow/tfjs-core";
import * as gradients from "tfjs-gradients";

// Each by its name, so that a bundle has no other.
for (
  const gradient of [
    gradients.addGradConfig,
    gradients.batchMatMulGradConfig,
    gradients.gatherGradConfig,
    gradients.negGradConfig,
    gradients.reshapeGradConfig,
    gradients.sigmoidGradConfig,
  ]
) registerGradient(gradient);
