export { announce } from "./announce.svelte.ts";
export { default as Avatar } from "./components/Avatar.svelte";
export { default as Banner } from "./components/Banner.svelte";
export { default as Button } from "./components/Button.svelte";
export { default as Card } from "./components/Card.svelte";
export { default as Checkbox } from "./components/Checkbox.svelte";
export { default as Choices } from "./components/Choices.svelte";
export { default as ConfirmDialog } from "./components/ConfirmDialog.svelte";
export { default as DateField } from "./components/DateField.svelte";
export { default as Dialog } from "./components/Dialog.svelte";
export { default as EmptyState } from "./components/EmptyState.svelte";
export { default as ErrorState } from "./components/ErrorState.svelte";
export { default as FullScreenAnswer } from "./components/FullScreenAnswer.svelte";
export { default as HoldButton } from "./components/HoldButton.svelte";
export { default as IconButton } from "./components/IconButton.svelte";
export { default as LiveRegion } from "./components/LiveRegion.svelte";
export { default as Loading } from "./components/Loading.svelte";
export { default as Menu } from "./components/Menu.svelte";
export { default as Select } from "./components/Select.svelte";
export { default as Shown } from "./components/Shown.svelte";
export { default as SkipLink } from "./components/SkipLink.svelte";
export { default as Table, type Column } from "./components/Table.svelte";
export { default as Tag } from "./components/Tag.svelte";
export { default as TextField } from "./components/TextField.svelte";
export { default as TimeField } from "./components/TimeField.svelte";
export { dayPlus, Formats, formats, mondayOf, phone, readDecimal } from "./formats.ts";
export {
  language,
  LANGUAGES,
  plural,
  setLanguage,
  texts,
  type Language,
} from "./i18n/language.svelte.ts";
export { refusalText } from "./i18n/refusals.ts";
export { matches } from "./search.ts";
export { setTheme, theme, type Theme } from "./theme.svelte.ts";
