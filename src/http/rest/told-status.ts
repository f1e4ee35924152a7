/** A dump in the words of the old service. */
export interface ToldStatus {
  readonly dump_id: string | null;
  readonly vm: string;
  readonly state: string;
  readonly progress: number;
  readonly message: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly dump_path: string | null;
  readonly duration_sec: number | null;
}
