import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { filesFor } from './build/files.ts';
import { pages } from './build/pages.ts';
import { themeSheet } from './build/theme-sheet.tsx';

/** Colors that nothing on the screens has: Mantine defines nineteen shades of each, twice. */
const unusedColors = /^--mantine-color-(blue|cyan|grape|green|lime|orange|pink|violet|yellow)-/;
const withoutUnusedColors = {
  postcssPlugin: 'memoir:colors',
  Declaration(declaration: { readonly prop: string; remove(): unknown }) {
    if (unusedColors.test(declaration.prop)) declaration.remove();
  },
};

const server = 'http://127.0.0.1:4000';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), themeSheet(), pages()],
  css: { postcss: { plugins: [withoutUnusedColors] } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // Browsers of 2024 on: `light-dark()`, `:has()`, nesting and cascade layers are used as written.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // Data URLs would need more of the content security policy than files do.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // All styles are one sheet: thirty small files would wait for each other on a slow line.
    cssCodeSplit: false,
    rolldownOptions: { output: { codeSplitting: filesFor(join(import.meta.dirname, 'main.tsx')) } },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/graphql': { target: server, ws: true },
      '/artifacts': server,
    },
  },
});
