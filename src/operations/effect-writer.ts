import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '../domain/json.ts';

/**
 * Carries out one type of effect inside the journal's transaction. The room that owns the tables exports it from a module as
 * `openEffect`; the composition root names that module for the effect's type. Throwing undoes the whole transition.
 */
export type OpenEffect = (connection: DatabaseSync) => (payload: Json) => void;
