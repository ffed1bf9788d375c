/** The jobs that an experiment would run, for its test: whether it fits the DAG. */
import { Experiment, type ExperimentInput } from "../../schemas/run/experiment.ts";
import { type Dag, select } from "./dag.ts";

/**
 * The names of the jobs that an experiment runs, in order; nothing is run.
 *
 * @throws ZodError for what is no experiment, and `Failed` for a job or parameter that the DAG has not.
 */
export const jobsOf = (dag: Dag, experiment: ExperimentInput): string[] =>
  select(dag, Experiment.parse(experiment)).jobs.map(({ name }) => name);
