import { Link } from 'wouter';
import { Icon } from '../ui/icon.tsx';
import { groupOf, screenPath, screens } from './screens.ts';

/** One of each group: its first screen stands for it. */
const entries = screens.filter(({ group }, index) => group === undefined || screens[index - 1]?.group !== group);

/** At the top on a desk, at the thumb on a phone. */
export function Navigation({ here }: { readonly here: string }) {
  const current = screenPath(here);
  const currents = [current, ...groupOf(here).map(({ path }) => path)];
  return (
    <nav className="frame-navigation" aria-label="Screens">
      <ul>
        {entries.map(({ path, label, icon, group }) => (
          <li key={path}>
            <Link href={path} aria-current={path === current ? 'page' : currents.includes(path) ? 'true' : undefined}>
              <Icon name={icon} />
              <span>{group ?? label}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The other screens of this one's group, as tabs above its content. */
export function GroupNavigation({ here }: { readonly here: string }) {
  const group = groupOf(here);
  if (group.length === 0) return null;
  return (
    <nav className="frame-group" aria-label={group[0]?.group}>
      <ul>
        {group.map(({ path, label, icon }) => (
          <li key={path}>
            <Link href={path} aria-current={path === screenPath(here) ? 'page' : undefined}>
              <Icon name={icon} />
              <span>{label}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
