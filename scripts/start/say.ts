/** Tells the operator something: as text for a person, or as a JSON line with its event name for a program. */
export type Say = (event: string, text: string, more?: Readonly<Record<string, unknown>>) => void;

export const sayText =
  (write: (text: string) => void): Say =>
  (_event, text) =>
    write(`${text}\n`);

export const sayJson =
  (write: (text: string) => void): Say =>
  (event, text, more = {}) =>
    write(`${JSON.stringify({ event, message: text, ...more })}\n`);
