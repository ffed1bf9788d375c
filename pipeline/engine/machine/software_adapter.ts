/** Tells adapters that compute on the processor from those of a GPU, by their names. */

/** True for Mesa's llvmpipe and for SwiftShader. */
export const isSoftwareAdapter = (name: string): boolean => /llvmpipe|swiftshader/i.test(name);
