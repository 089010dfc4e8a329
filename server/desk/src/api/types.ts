// Names for what the server sends and takes. The types themselves are generated (schema.ts).
import type { components } from "./schema";

type Schemas = components["schemas"];

/** What the server sends: an `Option` of Rust is always there, as null when it is empty. */
export type Sent<T> = T extends object ? { [K in keyof T]-?: Sent<T[K]> } : T;

/** Milliseconds since the Unix epoch. */
export type Ms = Schemas["Moment"];
/** `YYYY-MM-DD`, in the organisation's zone. */
export type Day = Schemas["Day"];

export type Me = Sent<Schemas["Me"]>;
export type PhoneRow = Sent<Schemas["PhoneRow"]>;
export type Enrolment = Sent<Schemas["Enrolment"]>;
export type WipeMode = Schemas["WipeMode"];

export type CaregiverRow = Sent<Schemas["CaregiverRow"]>;
export type CaregiverInput = Schemas["CaregiverInput"];

export type ClientRow = Sent<Schemas["ClientRow"]>;
export type Client = Sent<Schemas["Sheet"]>;
export type ClientInput = Schemas["ClientInput"];
export type SettingRow = Sent<Schemas["SettingRow"]>;
export type Accesses = Sent<Schemas["Accesses"]>;
export type Title = Schemas["Title"];
export type SectionKind = Schemas["SectionKind"];

export type TagRow = Sent<Schemas["TagRow"]>;
export type TagKind = Schemas["TagKind"];
export type TagIssued = Sent<Schemas["TagIssued"]>;

export type Visit = Sent<Schemas["Visit"]>;
export type VisitRow = Sent<Schemas["VisitRow"]>;
export type VisitInput = Schemas["VisitInput"];

export type Board = Sent<Schemas["Board"]>;
export type BoardRow = Sent<Schemas["BoardRow"]>;
export type BoardStatus = Schemas["Status"];
export type Clocked = Sent<Schemas["Clocked"]>;
export type Hours = Schemas["Hours"];
export type Proof = Sent<Schemas["Proof"]>;
export type ProofStamp = Sent<Schemas["ProofStamp"]>;
export type Correction = Schemas["CorrectInput"];
export type CorrectionReason = Schemas["CorrectionReason"];

export type ThreadRow = Sent<Schemas["ThreadRow"]>;
export type DeskMessage = Sent<Schemas["DeskMessage"]>;

export type ClassRow = Sent<Schemas["ClassRow"]>;
export type DataClass = Schemas["DataClass"];
export type Pictures = Sent<Schemas["Pictures"]>;
export type RequestRow = Sent<Schemas["RequestRow"]>;
export type CallbackRow = Sent<Schemas["CallbackRow"]>;
export type DirectoryEntry = Sent<Schemas["DirectoryEntry"]>;
export type EmergencyNumber = Schemas["EmergencyNumber"];
export type ChangeRow = Sent<Schemas["ChangeRow"]>;
export type Picture = Sent<Schemas["Picture"]>;
export type ServiceRow = Sent<Schemas["ServiceRow"]>;
export type ServiceInput = Schemas["ServiceInput"];
export type SectionRule = Sent<Schemas["SectionRule"]>;
export type ReportRow = Sent<Schemas["ReportRow"]>;
export type TravelWay = Sent<Schemas["TravelWay"]>;
export type Leg = Sent<Schemas["Leg"]>;
export type AlarmRow = Sent<Schemas["AlarmRow"]>;
export type AlarmSheet = Sent<Schemas["AlarmSheet"]>;
export type AlarmFigures = Sent<Schemas["AlarmFigures"]>;
export type AlarmSettings = Schemas["AlarmSettings"];
export type AlarmSettingsSheet = Sent<Schemas["SettingsSheet"]>;
export type AlarmCause = Schemas["Cause"];

export type AuditRow = Sent<Schemas["AuditRow"]>;
export type Refusal = Sent<Schemas["RefusedBody"]>;
export type Mine = Sent<Schemas["Mine"]>;
export type NoticeRow = Sent<Schemas["NoticeRow"]>;
export type NoticeTest = Sent<Schemas["NoticeTest"]>;
export type TestLine = Sent<Schemas["TestLine"]>;
export type Wishes = Schemas["Wishes"];
export type BrowserInput = Schemas["BrowserInput"];
