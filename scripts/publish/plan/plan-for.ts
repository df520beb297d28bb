import type { Manifest } from '../../../shared/manifest/manifest.js';
import { PublishError } from '../publish-error.js';
import type { Plan } from './plan.js';

export type PlanFor =
  { readonly applies: true; readonly plan: Plan } | { readonly applies: false; readonly text: string };

/** Whether a plan is of these files: `basis` is what a decision about them rests on (plan-basis.ts). */
export function planFor(plan: Plan | undefined, basis: string): PlanFor {
  if (plan === undefined) return { applies: false, text: 'there is no plan' };
  if (plan.of === basis) return { applies: true, plan };
  const text = `the plan is stale: it was made for ${plan.of.slice(0, 12)}, and this is ${basis.slice(0, 12)}`;
  return { applies: false, text };
}

/** A manifest with what was decided about it: its placement, and what each graph may run at the edge. */
export function withDecisions(manifest: Manifest, { placement, graphs }: Pick<Plan, 'placement' | 'graphs'>): Manifest {
  const unknown = Object.keys(graphs).find((name) => !Object.hasOwn(manifest.graphs, name));
  if (unknown !== undefined) {
    const known = Object.keys(manifest.graphs).join(', ');
    throw new PublishError('invalid-plan', `expected a plan for the graphs ${known}, got one for "${unknown}"`);
  }
  const more = placement.tiers.find((tier) => !manifest.placement.tiers.includes(tier));
  if (more !== undefined) {
    const wished = manifest.placement.tiers.join(', ');
    throw new PublishError('invalid-plan', `expected a plan for no more than what is wished (${wished}), got ${more}`);
  }
  const decided = Object.entries(manifest.graphs).map(([name, graph]) => {
    const { edgeElementsMax } = (Object.hasOwn(graphs, name) ? graphs[name] : undefined) ?? {};
    return [name, edgeElementsMax === undefined ? graph : { ...graph, edgeElementsMax }] as const;
  });
  return { ...manifest, placement, graphs: Object.fromEntries(decided) };
}
