import { Link } from 'wouter';
import { Icon } from '../ui/icon.tsx';
import { screenPath, screens } from './screens.ts';

/** At the top on a desk, at the thumb on a phone. */
export function Navigation({ here }: { readonly here: string }) {
  const current = screenPath(here);
  return (
    <nav className="frame-navigation" aria-label="Screens">
      <ul>
        {screens.map((screen) => (
          <li key={screen.path}>
            <Link href={screen.path} aria-current={current === screen.path ? 'page' : undefined}>
              <Icon name={screen.icon} />
              <span>{screen.label}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
