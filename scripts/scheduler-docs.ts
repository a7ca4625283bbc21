/**
 * Draws the state diagrams in `docs/scheduler.md` from the scheduler's transition table: a test holds the two together.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type TransitionTable, transitions } from '../coordinator/scheduler/state/transitions.ts';

const file = new URL('../docs/scheduler.md', import.meta.url);

/** The page with its diagrams, each between `<!-- diagram: THING -->` and `<!-- end -->`, drawn anew. */
export function schedulerDocs(): string {
  const page = readFileSync(file, 'utf8');
  return page.replace(/<!-- diagram: (\w+) -->[\s\S]*?<!-- end -->/g, (_, thing: string) => {
    return `<!-- diagram: ${thing} -->\n\n${diagram(transitions[thing as keyof typeof transitions])}\n\n<!-- end -->`;
  });
}

function diagram(table: TransitionTable): string {
  const steps = Object.entries(table).flatMap(([state, row]) => {
    const exits = Object.entries(row).map(([trigger, next]) => `  ${state} --> ${next}: ${trigger}`);
    return exits.length === 0 ? [`  ${state} --> [*]`] : exits;
  });
  return ['```mermaid', 'stateDiagram-v2', ...steps, '```'].join('\n');
}

if (import.meta.main) writeFileSync(file, schedulerDocs());
