//! Invented people and streets, in real communes around Albi.

/// Communes and their postal codes.
pub const COMMUNES: &[(&str, &str)] = &[
    ("Albi", "81000"),
    ("Albi", "81000"),
    ("Albi", "81000"),
    ("Saint-Juéry", "81160"),
    ("Lescure-d'Albigeois", "81380"),
    ("Le Séquestre", "81990"),
    ("Puygouzon", "81990"),
    ("Cambon", "81990"),
    ("Marssac-sur-Tarn", "81150"),
    ("Castelnau-de-Lévis", "81150"),
    ("Gaillac", "81600"),
    ("Carmaux", "81400"),
];

/// Streets.
pub const STREETS: &[&str] = &[
    "rue des Tilleuls",
    "chemin de la Garenne",
    "rue du Four",
    "avenue des Pommiers",
    "impasse des Lilas",
    "rue Basse",
    "place du Foirail",
    "route de la Rivière",
    "rue des Tisserands",
    "chemin des Vignes",
    "allée des Noyers",
    "rue du Lavoir",
    "rue de la Fontaine",
    "boulevard des Platanes",
];

/// Last names of clients.
pub const LAST: &[&str] = &[
    "Garrigues",
    "Cazals",
    "Bonnet",
    "Vialar",
    "Rouquette",
    "Delmas",
    "Fabre",
    "Puech",
    "Calmels",
    "Maurel",
    "Assié",
    "Bousquet",
    "Cavaillé",
    "Escande",
    "Gayraud",
    "Hébrard",
    "Izard",
    "Jaffary",
    "Lacombe",
    "Marty",
    "Nègre",
    "Olivier",
    "Pagès",
    "Raynal",
    "Sabatier",
    "Taillefer",
    "Viguier",
    "Alary",
    "Barthe",
    "Combes",
    "Durand",
    "Enjalbert",
    "Frézouls",
    "Galinier",
    "Houlès",
    "Jougla",
    "Lavergne",
    "Mazars",
    "Nouvel",
    "Œuvrard",
];

/// First names of women helped.
pub const WOMEN: &[&str] = &[
    "Yvette",
    "Odette",
    "Simone",
    "Huguette",
    "Renée",
    "Josette",
    "Marcelle",
    "Lucienne",
    "Paulette",
    "Denise",
    "Andrée",
    "Éliane",
    "Jacqueline",
    "Monique",
    "Ginette",
];

/// First names of men helped.
pub const MEN: &[&str] = &[
    "André", "Roger", "Marcel", "René", "Lucien", "Raymond", "Henri", "Émile", "Gaston", "Fernand",
];

/// Caregivers: first name, last name, role.
pub const CAREGIVERS: &[(&str, &str, &str)] = &[
    ("Amina", "Benali", "Auxiliaire de vie"),
    ("Bruno", "Costes", "Aide à domicile"),
    ("Chantal", "Lagarde", "Auxiliaire de vie"),
    ("Djamila", "Hadj", "Aide à domicile"),
    ("Élodie", "Vaissière", "Auxiliaire de vie"),
    ("Fatou", "Diarra", "Aide à domicile"),
    ("Ghislaine", "Roques", "Auxiliaire de vie"),
    ("Hugo", "Molinier", "Aide à domicile"),
    ("Inès", "Ferreira", "Auxiliaire de vie"),
    ("Jeanne", "Tournier", "Aide à domicile"),
    ("Karim", "Slimani", "Auxiliaire de vie"),
    ("Léa", "Poujol", "Aide à domicile"),
];

/// Kinds of help, by the hour of the day: morning, noon, afternoon, evening.
pub const SERVICES: &[&[&str]] = &[
    &["Aide au lever", "Aide à la toilette", "Petit-déjeuner et traitement"],
    &["Préparation du repas", "Aide au repas"],
    &["Ménage", "Courses", "Accompagnement extérieur", "Linge et repassage"],
    &["Aide au coucher", "Repas du soir"],
];

/// What is said of kilometres.
pub const DETOURS: &[&str] = &[
    "Détour par la pharmacie.",
    "Route barrée, passé par Fréjairolles.",
    "Aller-retour pour les courses.",
];

/// Reports at the end of a visit.
pub const REPORTS: &[&str] = &[
    "Tout s'est bien passé. A bien mangé, de bonne humeur.",
    "Fatiguée ce matin, a voulu rester au fauteuil. Prévenir la fille si cela dure.",
    "Le robinet de la cuisine fuit, j'ai mis une bassine. Le plombier passe demain.",
    "Nous avons marché jusqu'au jardin. Pense aux étiquettes du linge la prochaine fois.",
];

/// Habits.
pub const HABITS: &[&str] = &[
    "Café au lait sans sucre, tartines beurrées.",
    "Écoute la radio le matin ; baisser avant de parler.",
    "Aime choisir ses vêtements la veille.",
    "Mange tôt : déjeuner à 11 h 45.",
    "Préfère la douche le soir.",
    "Parle volontiers de son jardin.",
];

/// What to watch for.
pub const HEALTH: &[&str] = &[
    "Marche avec une canne ; risque de chute dans le couloir.",
    "Diabète : pas de sucre dans le café, goûter à 16 h.",
    "Entend mal de l'oreille gauche : se placer à droite.",
    "Allergie à la pénicilline.",
    "Vue très basse : dire ce que l'on fait.",
];

/// The home.
pub const HOME: &[&str] = &[
    "Un chat, Minou, qui ne doit pas sortir.",
    "Lit médicalisé dans le salon ; télécommande sur la table.",
    "Compteur d'eau dans le cellier, fermer après le linge.",
    "Petit chien gentil, il aboie.",
];

/// How to come in.
pub const ACCESS: &[&str] = &[
    "Sonner deux fois et entrer.",
    "Clé dans la boîte à code, à droite de la porte.",
    "Passer par le jardin, la porte de devant est condamnée.",
    "Interphone : nom de famille, puis troisième étage.",
];

/// Whom to call.
pub const CONTACTS: &[&str] = &[
    "Sa fille passe le dimanche ; appeler l'agence en cas de doute.",
    "Voisine de palier : a un double des clés.",
    "Son fils travaille de nuit : l'appeler après 14 h.",
];

/// What workers write.
pub const COMMENTS: &[&str] = &[
    "Bonne forme aujourd'hui, a bien mangé.",
    "Un peu fatiguée, a préféré rester assise.",
    "Plus de lait, à prévoir aux courses.",
    "A demandé à décaler la visite de jeudi.",
    "Pansement refait par l'infirmière ce matin.",
];
