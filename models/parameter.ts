import { BrinkError } from '../shared/errors/brink-error.js';
import type { HandlerInput } from '../shared/handler/handler.js';

/** A query parameter that has a few allowed values, or undefined when it is absent. Throws `bad-parameter`. */
export function choiceParameter<T extends string>(
  input: HandlerInput,
  name: string,
  choices: readonly T[],
): T | undefined {
  if (!Object.hasOwn(input.parameters, name)) return undefined;
  const value = input.parameters[name];
  const choice = choices.find((each) => each === value);
  if (choice !== undefined) return choice;
  throw new BrinkError('bad-parameter', `expected ${name}=${choices.join('|')}, got another value`);
}
