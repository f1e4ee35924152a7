/** What a client asks for, whatever the transport. */
export interface GraphqlParams {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  /** What an event stream's client heard last. */
  readonly lastEventId?: string | null | undefined;
  /** The caller's trace (W3C Trace Context), which the operations that it starts belong to. */
  readonly traceparent?: string | null | undefined;
}
