import type { Exchange } from '@urql/core';
import { startTransition } from 'react';

/**
 * Draws answers in pieces: a table of an answer is rendered between other things and not before them, so that a key or a click
 * never waits for it.
 */
export const inPieces: Exchange =
  ({ forward }) =>
  (operations) => {
    const results = forward(operations);
    return (sink) => results((signal) => startTransition(() => sink(signal)));
  };
