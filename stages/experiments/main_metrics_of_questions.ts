/** Lists the main metrics of the experiments that answer all questions: one or two a question. */
export const mainMetricsOfQuestions = [
  "expressivity.order.gaussian",
  "fashion-mlp.test-accuracy",
  "fashion-mlp.test-loss.epoch-*",
  "fashion-logistic.test-accuracy",
  "mnist-scratch.test-correct.epoch-*",
];
