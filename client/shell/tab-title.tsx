import { useEffect } from 'react';
import { ActiveDumpsDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { useClock } from '../state/clock.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';

/** Names the browser's tab: the screen, and for who wants that, how far the dumps in progress are. */
export function TabTitle() {
  const { heading, preferences, progress } = usePage();
  const title = useStore(heading);
  const wanted = useStore(preferences.titleProgress) === 'ON';
  const dumps = useFreshQuery(ActiveDumpsDocument, {}, ['active'], { pause: !wanted }).data?.dumps.nodes ?? [];
  const percent = useClock(() => {
    if (!wanted || dumps.length === 0) return -1;
    const parts = dumps.map((dump) => progress.get(dump.id)?.progress ?? dump.progress);
    const total = parts.reduce((sum, part) => sum + (part?.totalBytes ?? 0), 0);
    const done = parts.reduce((sum, part) => sum + (part?.doneBytes ?? 0), 0);
    return total === 0 ? 0 : Math.floor((100 * done) / total);
  });
  useEffect(() => {
    document.title = `${percent < 0 ? '' : `${percent} % · `}${title} · Memoir`;
  }, [title, percent]);
  return null;
}
