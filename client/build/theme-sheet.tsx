import { MantineProvider } from '@mantine/core';
import { renderToStaticMarkup } from 'react-dom/server';
import type { Plugin } from 'vite';
import { cssVariables, theme } from '../style/theme.ts';

const id = '/theme.css';

/**
 * `theme.css`: what Mantine would work out in every browser at every start, and write into the page, is in the style sheet.
 * Where it differs from Mantine's defaults, as its own provider says.
 */
export function themeSheet(): Plugin {
  return {
    name: 'memoir:theme',
    resolveId: (wanted) => (wanted === 'virtual:theme.css' ? id : null),
    load: (wanted) => (wanted === id ? sheet() : null),
  };
}

function sheet(): string {
  const html = renderToStaticMarkup(
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      withGlobalClasses={false}
      forceColorScheme="light"
    >
      {null}
    </MantineProvider>,
  );
  const css = /<style[^>]*>(.+?)<\/style>/s.exec(html)?.[1];
  if (css === undefined) throw new Error('theme-sheet: Mantine wrote no style');
  return css;
}
