import type { Plugin, Rolldown } from 'vite';
import { pageShell, screens } from './page-shell.tsx';

const root = '<div id="root">';
const first = screens[0] as (typeof screens)[number];

const libraries = /\s*<link rel="modulepreload" crossorigin href="(\/assets\/libraries-[^"]+)">/;

/** The libraries are begun with in a task of their own, so that a key or a click comes in between. */
const scriptOf = (file: string | undefined): string =>
  file === undefined ? '' : `<script type="module" crossorigin src="${file}"></script>\n    `;

/** `dumps` for `/dumps`; the overview is `index`. */
const nameOf = (path: string): string => path.slice(1) || 'index';

/**
 * One page for each screen: with its frame already in it, so that the first paint waits for no script, and with the files that
 * this screen needs beside the common ones, so that they come together and not one after the other. The scripts are asked for
 * after the style sheet: on a slow line they would only take its bandwidth.
 */
export function pages(): Plugin {
  return {
    name: 'memoir:pages',
    enforce: 'post',
    transformIndexHtml: {
      order: 'post',
      handler: (html) =>
        html
          .replace(root, root + pageShell(first))
          .replace(libraries, '')
          .replace('<script type="module"', `${scriptOf(libraries.exec(html)?.[1])}<script type="module"`)
          .replace(/<(script type="module"|link rel="modulepreload")/g, '<$1 fetchpriority="low"'),
    },
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const index = bundle['index.html'];
        if (index?.type !== 'asset') throw new Error('pages: the build made no index.html');
        const html = String(index.source);
        for (const screen of screens.slice(1)) {
          const name = nameOf(screen.path);
          const preloads = filesOf(bundle, `/client/${name}/${name}.tsx`)
            .filter((file) => !html.includes(file))
            .map((file) => `<link rel="modulepreload" fetchpriority="low" crossorigin href="/${file}">\n    `);
          this.emitFile({
            type: 'asset',
            fileName: `${name}.html`,
            source: html
              .replace(pageShell(first), pageShell(screen))
              .replace('<title>Memoir', `<title>${screen.label} · Memoir`)
              .replace('<link rel="stylesheet"', `${preloads.join('')}<link rel="stylesheet"`),
          });
        }
      },
    },
  };
}

/** The file that a module is in, and those that this one needs. */
function filesOf(bundle: Rolldown.OutputBundle, module: string): string[] {
  const chunk = Object.values(bundle).find((each) => each.type === 'chunk' && each.facadeModuleId?.endsWith(module));
  if (chunk?.type !== 'chunk') throw new Error(`pages: ${module} is no file of its own`);
  return [chunk.fileName, ...chunk.imports];
}
