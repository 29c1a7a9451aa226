export { type Block, type Directive, readBlocks } from './blocks.ts'
export { type Heading, readHeadings } from './headings.ts'
