import type { CodegenConfig } from '@graphql-codegen/cli';
import { addTypenameSelectionDocumentTransform } from '@graphql-codegen/client-preset';

/**
 * The dashboard's documents, typed from the checked-in schema. `documentMode` stays unset: with it the persisted
 * documents come out empty. Drift between documents, schema and what is generated fails test/client/generated.test.ts.
 */
const config: CodegenConfig = {
  schema: { 'schema.graphql': { loader: './scripts/strict-schema.mjs' } },
  generates: {
    // The command line's: sent as text, so that it starts without a printer of documents.
    'src/cli/generated/': {
      documents: ['src/cli/documents/*.graphql'],
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        importExtension: '.ts',
        skipTypename: true,
        scalars: { ByteCount: 'number', DateTime: 'string' },
      },
    },
    'client/api/generated/': {
      documents: ['client/api/documents/*.graphql'],
      preset: 'client',
      documentTransforms: [addTypenameSelectionDocumentTransform],
      presetConfig: {
        fragmentMasking: false,
        persistedDocuments: { hashAlgorithm: 'sha256' },
      },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        importExtension: '.ts',
        skipTypename: true,
        scalars: { ByteCount: 'number', DateTime: 'string' },
      },
    },
  },
};

export default config;
