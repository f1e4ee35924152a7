import { writeFileSync } from 'node:fs';
import { printAnnotated } from '../src/graphql/print.ts';
import { schema } from '../src/graphql/schema.ts';

writeFileSync('schema.graphql', printAnnotated(schema));
