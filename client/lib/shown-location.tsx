import { createContext, type ReactNode, useContext, useDeferredValue, useMemo } from 'react';
import { Router } from 'wouter';
import { navigate, useBrowserLocation, useSearch } from 'wouter/use-browser-location';
import { screenPath } from '../components/shell/screens.ts';

interface Location {
  readonly path: string;
  readonly search: string;
}

const Shown = createContext<Location>({ path: '/', search: '' });
const useShownPath = (): [string, typeof navigate] => [useContext(Shown).path, navigate];
const useShownSearch = (): string => useContext(Shown).search;

/**
 * The location that is on the screen. Another screen is drawn beside the one that is seen, in pieces between which the page
 * goes on to answer; what the address says within a screen is there at once.
 */
export function ShownLocation({ children }: { readonly children: ReactNode }) {
  const [path] = useBrowserLocation();
  const search = useSearch();
  const wanted = useMemo(() => ({ path, search }), [path, search]);
  const drawn = useDeferredValue(wanted);
  const shown = screenPath(path) === screenPath(drawn.path) ? wanted : drawn;
  return (
    <Shown value={shown}>
      <Router hook={useShownPath} searchHook={useShownSearch}>
        {children}
      </Router>
    </Shown>
  );
}
