/** Registers all gradients of tfjs, as its union package `@tensorflow/tfjs` does. */
import { type GradConfig, registerGradient } from "@tensorflow/tfjs-core";
import * as gradients from "tfjs-gradients";

for (const gradient of Object.values(gradients)) registerGradient(gradient as GradConfig);
