// What exists already is told at the field that has to differ.
import { asProblem, Problem } from "../base/api";

export function takenAt(error: unknown, field: string, text: string): Problem {
  const problem = asProblem(error);
  if (problem.code !== "already_exists") return problem;
  return new Problem(problem.status, problem.code, text, [{ pointer: `/${field}`, code: "", detail: "",
    user_message: text }], problem.requestId);
}
