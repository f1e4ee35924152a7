/** What a client asks for, whatever the transport. */
export interface GraphqlParams {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  /** What an event stream's client heard last. */
  readonly lastEventId?: string | null | undefined;
}
