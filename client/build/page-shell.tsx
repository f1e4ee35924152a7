import { renderToStaticMarkup } from 'react-dom/server';
import { Router } from 'wouter';
import { Frame } from '../shell/frame.tsx';
import { screens } from '../shell/screens.ts';

export { screens };

/**
 * What a screen's page shows until its script runs: the frame, with links that lead on, the screen's name, and that it is
 * still being loaded. Used by the build only.
 */
export function pageShell(screen: (typeof screens)[number]): string {
  return renderToStaticMarkup(
    <Router ssrPath={screen.path}>
      <Frame here={screen.path}>
        <div className="frame-heading">
          <h1>{screen.label}</h1>
        </div>
        <p className="frame-awaited" role="status">
          Loading…
        </p>
      </Frame>
    </Router>,
  );
}
