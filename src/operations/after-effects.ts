import type { Journal, Transition, Written } from './journal.ts';

/**
 * A journal that tells when a change with effects is durable: whoever acts on what an effect wrote (an outbox, say) begins at
 * once and need not look for it.
 */
export function afterEffects(journal: Journal, committed: () => void): Journal {
  const tell = async (change: Promise<Written>, { effects = [] }: Pick<Transition, 'effects'>) => {
    const written = await change;
    if (effects.length > 0) committed();
    return written;
  };
  return {
    ...journal,
    transition: (step) => tell(journal.transition(step), step),
    note: (note) => tell(journal.note(note), note),
  };
}
