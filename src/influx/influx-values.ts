/** Values as they arrive: integers of tables are numbers, computed ones bigints, absent ones null. */
export type InfluxValue = string | number | bigint | boolean | null;
export type InfluxRow = Readonly<Record<string, InfluxValue>>;

/** Values for the `$name`s of a query. Everything that comes from outside goes through them. */
export type InfluxParameters = Readonly<Record<string, string | number | boolean>>;
