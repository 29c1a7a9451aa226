import { existsSync, readFileSync } from 'node:fs'
import starlight from '@astrojs/starlight'
import { defineConfig, passthroughImageService } from 'astro/config'

const sidebarFile = new URL('.sidebar.json', import.meta.url)
if (!existsSync(sidebarFile))
  throw new Error('the pages are not written: use npm run docs or npm run docs:build')

/** Pages and navigation are written by tools/docs from the Markdown of the repository, which is the one source. */
export default defineConfig({
  base: process.env.DOCS_BASE ?? '/',
  publicDir: '.public',
  trailingSlash: 'always',
  image: { service: passthroughImageService() },
  integrations: [
    starlight({
      title: 'Millrace',
      description: 'Event bus, event streams and functions in one program.',
      defaultLocale: 'root',
      locales: {
        root: { label: 'English', lang: 'en' },
        zh: { label: '简体中文', lang: 'zh-CN' },
      },
      sidebar: JSON.parse(readFileSync(sidebarFile, 'utf8')),
      customCss: ['./src/site.css'],
      lastUpdated: false,
      pagination: true,
      expressiveCode: { shiki: { langAlias: { console: 'sh' } } },
    }),
  ],
})
