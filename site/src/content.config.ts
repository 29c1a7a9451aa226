import { docsSchema } from '@astrojs/starlight/schema'
import { defineCollection } from 'astro:content'
import { glob } from 'astro/loaders'

/** What tools/docs writes. Its file names are the addresses. */
export const collections = {
  docs: defineCollection({
    loader: glob({
      base: '.pages',
      pattern: '**/*.md',
      generateId: ({ entry }) => entry.replace(/\.md$/, '').replace(/\/index$/, ''),
    }),
    schema: docsSchema(),
  }),
}
