import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSchema, createYoga } from 'graphql-yoga';
import { answerUsage } from './usage.ts';

// Yoga as its manual shows it, answering one field with a text of the size of the other servers' answers.

const text = 'x'.repeat(Number(process.argv[2]));
const schema = createSchema({ typeDefs: 'type Query { hello: String! }', resolvers: { Query: { hello: () => text } } });
const server = createServer(createYoga({ schema, logging: false }));
server.listen(0, '127.0.0.1', () => answerUsage((server.address() as AddressInfo).port));
