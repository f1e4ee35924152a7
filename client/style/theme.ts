import { type CSSVariablesResolver, createTheme } from '@mantine/core';

/**
 * Mantine's defaults fail on contrast. With these the filled colors carry their text in light and in dark: shade 8
 * everywhere, and the text on it chosen by luminance (threshold: where white and black contrast alike, WCAG 2.2).
 */
export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  luminanceThreshold: 0.179,
  defaultRadius: 'sm',
  colors: {
    // Mantine's dark greys are neutral; these have the blue of style/base.css.
    dark: [
      '#e4e8ee',
      '#c3cad4',
      '#9ca7b7',
      '#6b7686',
      '#465060',
      '#343d4a',
      '#1f2630',
      '#151a21',
      '#0d1015',
      '#0a0d11',
    ],
  },
  respectReducedMotion: true,
  cursorType: 'pointer',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
});

/** Mantine's own surfaces and texts take the colors of style/base.css, so that there is one palette. */
export const cssVariables: CSSVariablesResolver = () => {
  const both = {
    '--mantine-color-body': 'var(--surface)',
    '--mantine-color-text': 'var(--text)',
    '--mantine-color-dimmed': 'var(--dim)',
    '--mantine-color-placeholder': 'var(--dim)',
    '--mantine-color-default': 'var(--surface)',
    '--mantine-color-default-hover': 'var(--hover)',
    '--mantine-color-default-color': 'var(--text)',
    '--mantine-color-default-border': 'var(--line-strong)',
    '--mantine-color-anchor': 'var(--accent)',
    '--mantine-color-error': 'var(--bad)',
  };
  return { variables: {}, light: both, dark: both };
};
