/** A part of a report: what was found, or why it was not looked for. */
export type Section<T> = { readonly value: T } | { readonly notRun: string };

/** What was found; undefined where it was not looked for. */
export const valueOf = <T>(section: Section<T>): T | undefined => ('value' in section ? section.value : undefined);
