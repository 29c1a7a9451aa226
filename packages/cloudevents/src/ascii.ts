/* The bytes that have a meaning in JSON. */

export const QUOTE = 0x22
export const COMMA = 0x2c
export const OPEN_ARRAY = 0x5b
export const CLOSE_ARRAY = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d
export const LOWER_N = 0x6e
export const LOWER_T = 0x74
export const LOWER_F = 0x66
export const SPACE = 0x20
export const TAB = 0x09
export const LINE_FEED = 0x0a
export const CARRIAGE_RETURN = 0x0d
export const COLON = 0x3a
export const BACKSLASH = 0x5c
export const SLASH = 0x2f
export const MINUS = 0x2d
export const PLUS = 0x2b
export const DOT = 0x2e
export const ZERO = 0x30
export const NINE = 0x39
export const UPPER_E = 0x45
export const LOWER_B = 0x62
export const LOWER_E = 0x65
export const LOWER_R = 0x72
export const LOWER_U = 0x75
