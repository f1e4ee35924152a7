import { createContext, type ReactNode, useContext, useDeferredValue, useLayoutEffect, useMemo } from 'react';
import { Router } from 'wouter';
import { navigate, useBrowserLocation, useSearch } from 'wouter/use-browser-location';
import { screenPath } from '../shell/screens.ts';

interface Location {
  readonly path: string;
  readonly search: string;
}

const Shown = createContext<Location>({ path: '/', search: '' });
const useShownPath = (): [string, typeof navigate] => [useContext(Shown).path, navigate];
const useShownSearch = (): string => useContext(Shown).search;

interface Props {
  /** Told when another screen is begun with and when it is there; what moves all the time should rest between. */
  readonly drawing: (isDrawing: boolean) => void;
  readonly children: ReactNode;
}

/**
 * The location that is on the screen. Another screen is drawn beside the one that is seen, in pieces between which the page
 * goes on to answer; what the address says within a screen is there at once.
 */
export function ShownLocation({ drawing, children }: Props) {
  const [path] = useBrowserLocation();
  const search = useSearch();
  const wanted = useMemo(() => ({ path, search }), [path, search]);
  const drawn = useDeferredValue(wanted);
  const shown = screenPath(path) === screenPath(drawn.path) ? wanted : drawn;
  const isDrawing = shown !== wanted;
  // Whatever is drawn meanwhile makes React begin with the other screen anew: on a slow phone it would never get there.
  useLayoutEffect(() => drawing(isDrawing), [drawing, isDrawing]);
  return (
    <Shown value={shown}>
      <Router hook={useShownPath} searchHook={useShownSearch}>
        {children}
      </Router>
    </Shown>
  );
}
