/** The one style sheet of the console: light and dark by what the reader prefers, and one column on a phone. */
export const styleSheet = `:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f7f9, #14171c);
  --paper: light-dark(#ffffff, #1c2027);
  --ink: light-dark(#1d232b, #e4e8ee);
  --quiet: light-dark(#5a6675, #98a4b3);
  --line: light-dark(#dde2e8, #2e343d);
  --accent: light-dark(#0b6478, #5cc4d9);
  --on-accent: light-dark(#ffffff, #0b1a1e);
  --good: light-dark(#1a6e3c, #6fd394);
  --bad: light-dark(#a3261d, #ff9a90);
}
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
a { color: var(--accent) }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; padding: .75rem 1.5rem;
  background: var(--paper); border-bottom: 1px solid var(--line) }
header strong { font-size: 1.1rem; letter-spacing: .01em }
header .who { margin-left: auto; color: var(--quiet); overflow-wrap: anywhere }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem; display: grid; gap: 1.5rem }
main.narrow { max-width: 26rem; padding-top: 10vh }
section { background: var(--paper); border: 1px solid var(--line); border-radius: .6rem; padding: 1.1rem 1.25rem }
h1 { font-size: 1.35rem; margin: 0 0 .25rem }
h2 { font-size: 1.05rem; margin: 0 0 .6rem }
h2 small { font-weight: normal; color: var(--quiet) }
p { margin: .4rem 0 }
.quiet { color: var(--quiet) }
.good { color: var(--good) }
.bad { color: var(--bad) }
.note { border-left: .25rem solid var(--accent); padding: .3rem .75rem; margin: 0 0 .75rem }
.note.bad { border-color: var(--bad) }
.table { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th { text-align: left; font-weight: 600; color: var(--quiet); font-size: .85rem }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
tr:last-child td { border-bottom: 0 }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
code, textarea { font-family: ui-monospace, monospace; font-size: .9em }
form { display: grid; gap: .75rem }
header form { display: block }
label { display: grid; gap: .2rem; font-weight: 600; font-size: .9rem }
input, textarea { font-size: 1rem; padding: .5rem .6rem; color: inherit; background: var(--ground);
  border: 1px solid var(--line); border-radius: .4rem; width: 100% }
textarea { min-height: 7rem; resize: vertical }
button, .button { font: inherit; font-weight: 600; padding: .5rem .9rem; border: 0; border-radius: .4rem; cursor: pointer;
  background: var(--accent); color: var(--on-accent); text-decoration: none; text-align: center; justify-self: start }
main.narrow button, main.narrow .button { justify-self: stretch; display: block }
button.plain { background: transparent; color: var(--accent); padding: .2rem .4rem }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.three { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)) }
details { margin-top: .75rem }
summary { cursor: pointer; color: var(--quiet) }
@media (max-width: 40rem) {
  header { padding: .75rem 1rem }
  header .who { margin-left: 0; width: 100%; order: 3 }
  header form { margin-left: auto }
  main { padding: 1rem; gap: 1rem }
}
`
