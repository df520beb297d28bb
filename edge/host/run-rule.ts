/** What to do about a run that is larger than what was measured to fit here: another tier may take it, or nobody can. */
export interface RunRule {
  readonly aboveMeasured: 'refuse' | 'try';
}

export const defaultRunRule: RunRule = { aboveMeasured: 'refuse' };
