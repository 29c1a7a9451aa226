export { type Block, type Directive, readBlocks } from './blocks.ts'
export { type Heading, readHeadings } from './headings.ts'
export { sitePages, siteSections } from './site-map.ts'
