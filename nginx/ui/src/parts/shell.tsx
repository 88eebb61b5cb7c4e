// The frames of the pages: a card in the middle for those who are not signed in yet, a bar with the
// way around for those who are.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { post } from "../base/api";
import { administers, displayName, goTo, pageFor, pages } from "../base/session";
import { language, languages, switchLanguage, t } from "../base/texts";
import type { User } from "../base/types";
import { Confirmation } from "./dialog";
import { Toasts } from "./feedback";
import { Icon, type IconName } from "./icon";
import { leaving } from "./leaving";

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
      <path class="mark-wall" d="M3 29V8l4-3 4 3 5-4 5 4 4-3 4 3v21z" />
      <path class="mark-gate" d="M11 29v-8a5 5 0 0 1 10 0v8z" />
    </svg>);
}

function LanguageSwitch() {
  return (
    <label class="language">
      <span class="hidden">{t("language")}</span>
      <select value={language} onChange={({ currentTarget }) => {
        const code = currentTarget.value;
        currentTarget.value = language;  // until the page is loaded anew, which may be thought better of
        leaving(() => switchLanguage(code));
      }}>
        {languages.map(({ code, name }) => <option key={code} value={code} lang={code}>{name}</option>)}
      </select>
    </label>);
}

// The name of a view, in the window's title too; a change of view moves focus to it, so that a screen
// reader says where one is. Not on the first, where the page's own title was just read; and not where a
// field waits for what is to be typed, which its label says.
let views = 0;
export function Title({ children, tenant }: { children: string; tenant?: string | undefined }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (views++ === 0 || document.querySelector("dialog[open], main [autofocus]")) return;
    heading.current?.focus({ preventScroll: true });
  }, [children]);
  useEffect(() => {
    document.title = tenant ? `${children} · ${tenant}` : children;
  }, [children, tenant]);
  return <h1 ref={heading} tabIndex={-1}>{children}</h1>;
}

// Before somebody is signed in.
export function Card({ title, tenant, children, footer }:
    { title: string; tenant?: string | undefined; children: ComponentChildren; footer?: ComponentChildren }) {
  return (
    <div class="card-page">
      <main class="card">
        <div class="brand"><Mark /><span>{tenant ?? " "}</span></div>
        <Title tenant={tenant}>{title}</Title>
        {children}
        {footer && <div class="card-foot">{footer}</div>}
      </main>
      <footer class="page-foot"><LanguageSwitch /></footer>
      <Confirmation />
      <Toasts />
    </div>);
}

export interface NavItem { href: string; label: string; icon: IconName }

interface ShellProps {
  user: User;
  tenant: string | undefined;
  // Of this page's views; `current` is the href of one.
  nav: NavItem[];
  navLabel: string;
  current: string;
  here: "account" | "admin";
  // Above the views: what they are all about.
  above?: ComponentChildren;
  children: ComponentChildren;
}

export const signOut = (): void => leaving(async () => {
  await post("/auth/logout").catch(() => undefined);  // over already, or out of reach: the page goes
  await goTo(pageFor(pages.signIn));
});

type Pictured = Pick<User, "picture_url" | "first_name" | "last_name" | "email">;

export function Avatar({ user, size = 36 }: { user: Pictured; size?: number }) {
  if (user.picture_url) return <img class="avatar" src={user.picture_url} width={size} height={size} alt="" />;
  const initials = (user.first_name?.trim()[0] ?? user.email[0] ?? "") + (user.last_name?.trim()[0] ?? "");
  return (
    <span class="avatar" data-size={size > 60 ? "large" : undefined} aria-hidden="true">
      {initials.toUpperCase()}
    </span>);
}

export function Shell({ user, tenant, nav, navLabel, current, here, above, children }: ShellProps) {
  const areas = [
    { id: "account", href: pages.account, label: t("nav.account") },
    ...(administers(user) ? [{ id: "admin", href: pages.admin, label: t("nav.admin") }] : []),
  ];
  // In a narrow window the views stand side by side, some of them out of sight.
  useEffect(() => {
    document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [current]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.getElementById("main")?.focus();
      }}>{t("skip")}</a>
      <header class="bar">
        <a class="brand" href={pages.account}><Mark /><span>{tenant ?? " "}</span></a>
        <nav class="areas" aria-label={t("nav.areas")}>
          {areas.map(({ id, href, label }) =>
            <a key={id} href={href} aria-current={id === here ? "page" : undefined}>{label}</a>)}
        </nav>
        <div class="who">
          <Avatar user={user} />
          <span class="who-name">{displayName(user)}</span>
          <button type="button" class="button small" onClick={signOut}>{t("sign_out")}</button>
        </div>
      </header>
      <div class="columns">
        <div class="beside">
          {above}
          <nav class="side" aria-label={navLabel}>
            <ul>
              {nav.map(({ href, label, icon }) => (
                <li key={href}>
                  <a href={href} aria-current={href === current ? "page" : undefined}><Icon name={icon} />{label}</a>
                </li>))}
            </ul>
          </nav>
        </div>
        <main id="main" tabIndex={-1}>{children}</main>
      </div>
      <footer class="page-foot"><LanguageSwitch /></footer>
      <Confirmation />
      <Toasts />
    </>);
}

// A part of a view, under a heading of its own.
export function Section({ title, intro, children, action }:
    { title: string; intro?: ComponentChildren; children?: ComponentChildren; action?: ComponentChildren }) {
  return (
    <section class="section">
      <header>
        <h2>{title}</h2>
        {action}
      </header>
      {intro && <p class="intro">{intro}</p>}
      {children}
    </section>);
}
