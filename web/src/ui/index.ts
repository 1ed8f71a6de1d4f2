// Everything a page is built from. What is heavy (`Qr`, `EmojiPicker`) is imported lazily: `lazy(() => import('../ui/Qr'))`.

export { Avatar, hueOf } from './Avatar';
export { Badge, Dot, MentionBadge, Pill } from './Badge';
export { Button, IconButton } from './Button';
export { Card, ListRow, Row } from './Card';
export { cx } from './cx';
export { ConfirmDialog, Dialog } from './Dialog';
export { EmojiButton } from './EmojiButton';
export { Field, PasswordField, Select, TextArea } from './Field';
export { Icon, type IconName } from './Icon';
export { lazy } from './lazy';
export { composing } from './composing';
export { Combobox, useListbox } from './Listbox';
export { MenuButton, openMenu, placeOf, type MenuAnchor, type MenuItem } from './openMenu';
export { PictureInput } from './PictureInput';
export { Loading, Spinner } from './Spinner';
export { Banner, Empty, ErrorState, Skeleton, SkeletonRows } from './State';
export { Segmented, Switch } from './Switch';
export { Tabs } from './Tabs';
export { now, Time } from './Time';
export { act, toast, Toaster, toastError } from './Toast';
export { Tooltip } from './Tooltip';
export { useCopied } from './useCopied';
