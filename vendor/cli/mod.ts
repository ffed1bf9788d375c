/** The part of `jsr:@std/cli` that this project uses, for machines that cannot reach JSR. */
export * from "./parse_args.ts";
