export { type Block, type Directive, readBlocks } from './blocks.ts'
export { type Heading, readDescription, readHeadings } from './headings.ts'
