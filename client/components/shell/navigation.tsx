import { Link, useLocation } from 'wouter';
import { Icon, type IconName } from '../icon.tsx';
import styles from './shell.module.css';

const screens: readonly { readonly path: string; readonly label: string; readonly icon: IconName }[] = [
  { path: '/', label: 'Overview', icon: 'overview' },
  { path: '/dumps', label: 'Dumps', icon: 'dumps' },
  { path: '/machines', label: 'Machines', icon: 'machines' },
  { path: '/operations', label: 'Operations', icon: 'operations' },
  { path: '/settings', label: 'Settings', icon: 'settings' },
];

/** At the top on a desk, at the thumb on a phone. */
export function Navigation() {
  const [path] = useLocation();
  const here = `/${path.split('/')[1] ?? ''}`;
  return (
    <nav className={styles.navigation} aria-label="Screens">
      <ul>
        {screens.map((screen) => (
          <li key={screen.path}>
            <Link href={screen.path} aria-current={here === screen.path ? 'page' : undefined}>
              <Icon name={screen.icon} />
              <span>{screen.label}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
