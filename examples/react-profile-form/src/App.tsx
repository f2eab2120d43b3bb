import { ApolloProvider, useQuery } from "@apollo/client/react";
import { type ReactNode, type SubmitEvent, useMemo, useState } from "react";
import { createClient } from "./client";
import { Failure } from "./Failure";
import { ME } from "./operations";
import { ProfileForm } from "./ProfileForm";
import { type Language, TEXTS, type Texts } from "./texts";

// A real shop takes the token from its login. Here it is typed in. `sessionStorage` keeps it for a reload of this tab
// and forgets it with the tab; `localStorage` would keep it for whoever uses the browser next.
const TOKEN = "token";

/** The language of the page, which is also what the requests ask for. */
function speak(language: Language) {
  document.documentElement.lang = language;
  document.documentElement.dir = TEXTS[language].dir;
  document.title = TEXTS[language].title;
  return language;
}

export function App() {
  const [language, setLanguage] = useState(() => speak(navigator.language.startsWith("fa") ? "fa" : "en"));
  const [token, setToken] = useState(() => sessionStorage.getItem(TOKEN) ?? "");
  const client = useMemo(() => (token ? createClient(token) : null), [token]);
  const texts = TEXTS[language];

  function remember(token: string) {
    sessionStorage.setItem(TOKEN, token);
    setToken(token);
  }

  return (
    <main>
      <header>
        <h1>{texts.title}</h1>
        <LanguageButton language="en" onChoose={setLanguage} present={language}>
          English
        </LanguageButton>
        <LanguageButton language="fa" onChoose={setLanguage} present={language}>
          فارسی
        </LanguageButton>
        {client && (
          <button type="button" className="quiet" onClick={() => remember("")}>
            {texts.close}
          </button>
        )}
      </header>
      {client ? (
        <ApolloProvider client={client}>
          <ProfilePage language={language} />
        </ApolloProvider>
      ) : (
        <TokenForm texts={texts} onToken={remember} />
      )}
    </main>
  );
}

type LanguageProps = { language: Language; present: Language; onChoose: (language: Language) => void; children: ReactNode };

function LanguageButton({ language, present, onChoose, children }: LanguageProps) {
  return (
    <button
      type="button"
      className="quiet"
      lang={language}
      aria-pressed={language === present}
      onClick={() => onChoose(speak(language))}
    >
      {children}
    </button>
  );
}

function TokenForm({ texts, onToken }: { texts: Texts; onToken: (token: string) => void }) {
  function open(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    onToken(String(new FormData(event.currentTarget).get("token")).trim());
  }
  return (
    <form onSubmit={open}>
      <div className="field">
        <label htmlFor="token">{texts.token}</label>
        <input id="token" name="token" type="password" dir="ltr" autoComplete="off" aria-describedby="token-hint" required />
        <p id="token-hint" className="hint">
          {texts.tokenHint}
        </p>
      </div>
      <div className="actions">
        <button>{texts.open}</button>
      </div>
    </form>
  );
}

function ProfilePage({ language }: { language: Language }) {
  const { data, error, refetch } = useQuery(ME, { notifyOnNetworkStatusChange: true });
  const texts = TEXTS[language];
  if (data) return <ProfileForm key={data.me.id} profile={data.me} language={language} />;
  if (!error) return <p role="status">{texts.loading}</p>;
  return (
    <div className="actions">
      <Failure error={error} texts={texts} />
      <button type="button" onClick={() => refetch().catch(() => {})}>
        {texts.again}
      </button>
    </div>
  );
}
