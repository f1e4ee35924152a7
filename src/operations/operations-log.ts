/** What the engine says of its own troubles; transitions are told by the event log. */
export interface OperationsLog {
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}
